<?xml version="1.0" encoding="UTF-8"?>
<!-- Unqualified Dublin Core (oai_dc) from the XOAI document of an item.

     Each of the fifteen elements takes the dc fields of its name, qualified or not, in this order; the rest says what
     is different. In an XOAI document an unqualified value stands under element/language/field, a qualified one under
     element/qualifier/language/field. -->
<xsl:stylesheet version="1.0"
    xmlns:xsl="http://www.w3.org/1999/XSL/Transform"
    xmlns:x="http://www.lyncode.com/xoai"
    xmlns:oai_dc="http://www.openarchives.org/OAI/2.0/oai_dc/"
    xmlns:dc="http://purl.org/dc/elements/1.1/"
    xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance"
    exclude-result-prefixes="x">
  <xsl:output method="xml" omit-xml-declaration="yes" indent="no"/>

  <!-- One dc element for each value among the nodes given. -->
  <xsl:template name="values">
    <xsl:param name="as"/>
    <xsl:param name="of"/>
    <xsl:for-each select="$of">
      <xsl:element name="dc:{$as}"><xsl:value-of select="."/></xsl:element>
    </xsl:for-each>
  </xsl:template>

  <!-- All values of a dc field, unqualified ones first. -->
  <xsl:template name="field">
    <xsl:param name="name"/>
    <xsl:variable name="element" select="x:element[@name='dc']/x:element[@name=$name]"/>
    <xsl:call-template name="values">
      <xsl:with-param name="as" select="$name"/>
      <xsl:with-param name="of" select="$element/x:element/x:field[@name='value']"/>
    </xsl:call-template>
    <xsl:call-template name="values">
      <xsl:with-param name="as" select="$name"/>
      <xsl:with-param name="of" select="$element/x:element/x:element/x:field[@name='value']"/>
    </xsl:call-template>
  </xsl:template>

  <xsl:template match="/x:metadata">
    <xsl:variable name="contributor" select="x:element[@name='dc']/x:element[@name='contributor']"/>
    <oai_dc:dc xsi:schemaLocation="http://www.openarchives.org/OAI/2.0/oai_dc/ http://www.openarchives.org/OAI/2.0/oai_dc.xsd">
      <xsl:call-template name="field"><xsl:with-param name="name" select="'title'"/></xsl:call-template>
      <xsl:call-template name="field"><xsl:with-param name="name" select="'creator'"/></xsl:call-template>
      <!-- Authors are creators; editors, advisors and others remain contributors. -->
      <xsl:call-template name="values">
        <xsl:with-param name="as" select="'creator'"/>
        <xsl:with-param name="of" select="$contributor/x:element[@name='author']/x:element/x:field[@name='value']"/>
      </xsl:call-template>
      <xsl:call-template name="values">
        <xsl:with-param name="as" select="'contributor'"/>
        <xsl:with-param name="of" select="$contributor/x:element/x:field[@name='value']
          | $contributor/x:element[@name!='author']/x:element/x:field[@name='value']"/>
      </xsl:call-template>
      <xsl:call-template name="field"><xsl:with-param name="name" select="'subject'"/></xsl:call-template>
      <xsl:call-template name="field"><xsl:with-param name="name" select="'description'"/></xsl:call-template>
      <xsl:call-template name="field"><xsl:with-param name="name" select="'date'"/></xsl:call-template>
      <xsl:call-template name="field"><xsl:with-param name="name" select="'type'"/></xsl:call-template>
      <xsl:call-template name="field"><xsl:with-param name="name" select="'identifier'"/></xsl:call-template>
      <xsl:call-template name="field"><xsl:with-param name="name" select="'language'"/></xsl:call-template>
      <xsl:call-template name="field"><xsl:with-param name="name" select="'relation'"/></xsl:call-template>
      <xsl:call-template name="field"><xsl:with-param name="name" select="'rights'"/></xsl:call-template>
      <xsl:call-template name="field"><xsl:with-param name="name" select="'format'"/></xsl:call-template>
      <!-- The media types of the item's own files, each once. -->
      <xsl:variable name="files" select="x:element[@name='bundles']/x:element[x:field[@name='name']='ORIGINAL']
        /x:element[@name='bitstreams']/x:element/x:field[@name='format']"/>
      <xsl:for-each select="$files">
        <xsl:variable name="place" select="position()"/>
        <xsl:if test="not($files[position() &lt; $place] = .)">
          <dc:format><xsl:value-of select="."/></dc:format>
        </xsl:if>
      </xsl:for-each>
      <xsl:call-template name="field"><xsl:with-param name="name" select="'coverage'"/></xsl:call-template>
      <xsl:call-template name="field"><xsl:with-param name="name" select="'publisher'"/></xsl:call-template>
      <xsl:call-template name="field"><xsl:with-param name="name" select="'source'"/></xsl:call-template>
    </oai_dc:dc>
  </xsl:template>
</xsl:stylesheet>

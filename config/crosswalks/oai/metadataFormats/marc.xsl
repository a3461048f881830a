<?xml version="1.0" encoding="UTF-8"?>
<!-- MARC 21 in XML (marc) from the XOAI document of an item, after the Library of Congress' map of Dublin Core to MARC.

     In an XOAI document an unqualified value stands under schema/element/language/field, a qualified one under
     schema/element/qualifier/language/field. -->
<xsl:stylesheet version="1.0"
    xmlns:xsl="http://www.w3.org/1999/XSL/Transform"
    xmlns:x="http://www.lyncode.com/xoai"
    xmlns="http://www.loc.gov/MARC21/slim"
    xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance"
    exclude-result-prefixes="x">
  <xsl:output method="xml" omit-xml-declaration="yes" indent="no"/>

  <xsl:template match="/x:metadata">
    <xsl:variable name="dc" select="x:element[@name='dc']/x:element"/>
    <record xsi:schemaLocation="http://www.loc.gov/MARC21/slim http://www.loc.gov/standards/marcxml/schema/MARC21slim.xsd">
      <!-- 24 characters. Lengths are for readers of tapes: 0. New, monograph, Unicode, completeness unknown. -->
      <leader>
        <xsl:text>00000n</xsl:text>
        <xsl:call-template name="type-of-record">
          <xsl:with-param name="type" select="$dc[@name='type']//x:field[@name='value'][1]"/>
        </xsl:call-template>
        <xsl:text>m a2200000uu 4500</xsl:text>
      </leader>
      <xsl:apply-templates select="$dc[@name='identifier']//x:field">
        <xsl:with-param name="tag">024</xsl:with-param>
        <xsl:with-param name="indicators" select="'8 '"/>
      </xsl:apply-templates>
      <datafield tag="042" ind1=" " ind2=" "><subfield code="a">dc</subfield></datafield>

      <!-- One title proper; the others are varying forms of it. -->
      <xsl:variable name="titles" select="$dc[@name='title']//x:field[@name='value'][normalize-space()]"/>
      <xsl:apply-templates select="$titles[1]">
        <xsl:with-param name="tag">245</xsl:with-param>
        <xsl:with-param name="indicators">00</xsl:with-param>
      </xsl:apply-templates>
      <xsl:apply-templates select="$titles[position() &gt; 1]">
        <xsl:with-param name="tag">246</xsl:with-param>
        <xsl:with-param name="indicators">33</xsl:with-param>
      </xsl:apply-templates>

      <xsl:apply-templates select="$dc[@name='publisher']//x:field">
        <xsl:with-param name="tag">260</xsl:with-param>
        <xsl:with-param name="code">b</xsl:with-param>
      </xsl:apply-templates>
      <xsl:apply-templates select="$dc[@name='date']/x:element[@name='issued']//x:field">
        <xsl:with-param name="tag">260</xsl:with-param>
        <xsl:with-param name="code">c</xsl:with-param>
      </xsl:apply-templates>
      <xsl:apply-templates select="$dc[@name='format']/x:element[@name='extent']//x:field">
        <xsl:with-param name="tag">300</xsl:with-param>
      </xsl:apply-templates>
      <!-- Unqualified: the values stand right under the language. -->
      <xsl:apply-templates select="$dc[@name='description']/x:element/x:field">
        <xsl:with-param name="tag">500</xsl:with-param>
      </xsl:apply-templates>
      <xsl:apply-templates select="$dc[@name='coverage']//x:field">
        <xsl:with-param name="tag">500</xsl:with-param>
      </xsl:apply-templates>
      <xsl:apply-templates select="$dc[@name='description']/x:element[@name='tableofcontents']//x:field">
        <xsl:with-param name="tag">505</xsl:with-param>
        <xsl:with-param name="indicators" select="'0 '"/>
      </xsl:apply-templates>
      <xsl:apply-templates select="$dc[@name='description']/x:element[@name='abstract']//x:field">
        <xsl:with-param name="tag">520</xsl:with-param>
      </xsl:apply-templates>
      <xsl:apply-templates select="$dc[@name='description']/x:element[@name='sponsorship']//x:field">
        <xsl:with-param name="tag">536</xsl:with-param>
      </xsl:apply-templates>
      <xsl:apply-templates select="$dc[@name='rights']//x:field">
        <xsl:with-param name="tag">540</xsl:with-param>
      </xsl:apply-templates>
      <xsl:apply-templates select="$dc[@name='language']//x:field">
        <xsl:with-param name="tag">546</xsl:with-param>
      </xsl:apply-templates>
      <xsl:apply-templates select="$dc[@name='subject']//x:field">
        <xsl:with-param name="tag">653</xsl:with-param>
      </xsl:apply-templates>
      <xsl:apply-templates select="$dc[@name='type']//x:field">
        <xsl:with-param name="tag">655</xsl:with-param>
        <xsl:with-param name="indicators" select="' 4'"/>
      </xsl:apply-templates>
      <xsl:apply-templates select="$dc[@name='creator']//x:field | $dc[@name='contributor']/x:element[@name='author']//x:field">
        <xsl:with-param name="tag">720</xsl:with-param>
        <xsl:with-param name="role">author</xsl:with-param>
      </xsl:apply-templates>
      <xsl:for-each select="$dc[@name='contributor']/x:element[@name!='author']">
        <xsl:apply-templates select=".//x:field">
          <xsl:with-param name="tag">720</xsl:with-param>
          <!-- The qualifier says what they did; an unqualified value stands under its language. -->
          <xsl:with-param name="role">
            <xsl:choose>
              <xsl:when test="x:element"><xsl:value-of select="@name"/></xsl:when>
              <xsl:otherwise>contributor</xsl:otherwise>
            </xsl:choose>
          </xsl:with-param>
        </xsl:apply-templates>
      </xsl:for-each>
      <xsl:apply-templates select="$dc[@name='source']//x:field">
        <xsl:with-param name="tag">786</xsl:with-param>
        <xsl:with-param name="indicators" select="'0 '"/>
        <xsl:with-param name="code">n</xsl:with-param>
      </xsl:apply-templates>
      <xsl:apply-templates select="$dc[@name='relation']//x:field">
        <xsl:with-param name="tag">787</xsl:with-param>
        <xsl:with-param name="indicators" select="'0 '"/>
        <xsl:with-param name="code">n</xsl:with-param>
      </xsl:apply-templates>
      <!-- Where the item is, and its files. -->
      <xsl:apply-templates select="$dc[@name='identifier']/x:element[@name='uri']//x:field[starts-with(., 'http')]">
        <xsl:with-param name="tag">856</xsl:with-param>
        <xsl:with-param name="indicators">40</xsl:with-param>
        <xsl:with-param name="code">u</xsl:with-param>
      </xsl:apply-templates>
      <xsl:for-each select="x:element[@name='bundles']/x:element[x:field[@name='name']='ORIGINAL']
          /x:element[@name='bitstreams']/x:element[x:field[@name='url']]">
        <datafield tag="856" ind1="4" ind2="0">
          <xsl:if test="normalize-space(x:field[@name='format'])">
            <subfield code="q"><xsl:value-of select="x:field[@name='format']"/></subfield>
          </xsl:if>
          <subfield code="u"><xsl:value-of select="x:field[@name='url']"/></subfield>
        </datafield>
      </xsl:for-each>
    </record>
  </xsl:template>

  <!-- A value becomes a field of one subfield, or of two: who somebody is goes into $e. -->
  <xsl:template match="x:field[@name='value'][normalize-space()]">
    <xsl:param name="tag"/>
    <xsl:param name="indicators" select="'  '"/>
    <xsl:param name="code">a</xsl:param>
    <xsl:param name="role"/>
    <datafield tag="{$tag}" ind1="{substring($indicators, 1, 1)}" ind2="{substring($indicators, 2, 1)}">
      <subfield code="{$code}"><xsl:value-of select="."/></subfield>
      <xsl:if test="string($role)"><subfield code="e"><xsl:value-of select="$role"/></subfield></xsl:if>
    </datafield>
  </xsl:template>
  <!-- Authorities, confidences and blanks. -->
  <xsl:template match="x:field"/>

  <!-- Position 6 of the leader, by the words DSpace's forms offer for dc.type. -->
  <xsl:template name="type-of-record">
    <xsl:param name="type"/>
    <xsl:variable name="lower" select="translate($type, 'ABCDEFGHIJKLMNOPQRSTUVWXYZ', 'abcdefghijklmnopqrstuvwxyz')"/>
    <xsl:choose>
      <xsl:when test="contains($lower, 'dataset') or contains($lower, 'software')">m</xsl:when>
      <xsl:when test="contains($lower, 'map') or contains($lower, 'cartographic')">e</xsl:when>
      <xsl:when test="contains($lower, 'score')">c</xsl:when>
      <xsl:when test="contains($lower, 'video') or contains($lower, 'animation') or contains($lower, 'moving image')">g</xsl:when>
      <xsl:when test="contains($lower, 'musical')">j</xsl:when>
      <xsl:when test="contains($lower, 'recording') or contains($lower, 'sound')">i</xsl:when>
      <xsl:when test="contains($lower, 'image') or contains($lower, 'blueprint')">k</xsl:when>
      <xsl:otherwise>a</xsl:otherwise>
    </xsl:choose>
  </xsl:template>
</xsl:stylesheet>

<?xml version="1.0" encoding="UTF-8"?>
<!-- Items as the OpenAIRE Guidelines 2.0 want them: what driver.xsl makes, but
     - dc.rights says which of four kinds the access is: openAccess, embargoedAccess, restrictedAccess or closedAccess;
     - dc.date.embargoEnd has the end of an embargo as info:eu-repo/date/embargoEnd/YYYY-MM-DD;
     - dc.relation keeps its info:eu-repo/grantAgreement/… -->
<xsl:stylesheet version="1.0"
    xmlns:xsl="http://www.w3.org/1999/XSL/Transform"
    xmlns:x="http://www.lyncode.com/xoai"
    xmlns="http://www.lyncode.com/xoai"
    exclude-result-prefixes="x">
  <xsl:import href="driver.xsl"/>

  <xsl:variable name="embargo-end" select="'info:eu-repo/date/embargoEnd/'"/>

  <xsl:template match="x:element" mode="dc">
    <xsl:variable name="end">
      <xsl:call-template name="embargo-end"/>
    </xsl:variable>
    <xsl:copy>
      <xsl:copy-of select="@*"/>
      <xsl:apply-templates select="x:element[@name != 'date']" mode="of-dc"/>
      <xsl:variable name="issued" select="x:element[@name='date']/x:element[@name='issued']"/>
      <xsl:if test="$issued or string($end)">
        <element name="date">
          <xsl:apply-templates select="$issued" mode="issued"/>
          <xsl:if test="string($end)">
            <element name="embargoEnd">
              <element name="none"><field name="value"><xsl:value-of select="concat($embargo-end, $end)"/></field></element>
            </element>
          </xsl:if>
        </element>
      </xsl:if>
    </xsl:copy>
  </xsl:template>

  <!-- The first day that is one: as the guidelines write it; what the policies of the files say; fields for it; a plain
       dc.date, which is what DSpace's documentation tells depositors to fill in, when the access is embargoed. -->
  <xsl:template name="embargo-end">
    <xsl:variable name="dates" select="x:element[@name='date']"/>
    <xsl:variable name="rights" select="x:element[@name='rights']"/>
    <xsl:variable name="embargoed" select="$rights/x:element/x:field[contains(., 'mbargoed')]"/>
    <xsl:variable name="stated" select="$dates//x:field[starts-with(normalize-space(), $embargo-end)]"/>
    <xsl:variable name="policy" select="../x:element[@name='others']/x:element[@name='access-status']/x:field[@name='embargo']"/>
    <xsl:variable name="fields" select="$dates/x:element[@name='embargoEnd' or @name='embargo']//x:field
      | $rights/x:element[@name='embargodate']//x:field | $dates/x:element[$embargoed]/x:field"/>
    <xsl:choose>
      <xsl:when test="$stated">
        <xsl:value-of select="substring-after(normalize-space($stated), $embargo-end)"/>
      </xsl:when>
      <xsl:when test="$policy"><xsl:value-of select="substring(normalize-space($policy), 1, 10)"/></xsl:when>
      <xsl:otherwise>
        <xsl:variable name="days" select="$fields[translate(substring(normalize-space(), 1, 10), '123456789', '000000000') = '0000-00-00']"/>
        <xsl:value-of select="substring(normalize-space($days), 1, 10)"/>
      </xsl:otherwise>
    </xsl:choose>
  </xsl:template>

  <!-- Fields about the rights say nothing of the access. -->
  <xsl:template name="qualified-rights"/>

  <!-- The four terms, however they are written: with info:eu-repo/semantics/ or without, in one word or two. -->
  <xsl:template match="x:field" mode="rights">
    <xsl:variable name="word"><xsl:call-template name="word"/></xsl:variable>
    <xsl:call-template name="value">
      <xsl:with-param name="value">
        <xsl:choose>
          <xsl:when test="$word = 'openaccess'"><xsl:value-of select="$semantics"/>openAccess</xsl:when>
          <xsl:when test="$word = 'embargoedaccess'"><xsl:value-of select="$semantics"/>embargoedAccess</xsl:when>
          <xsl:when test="$word = 'restrictedaccess'"><xsl:value-of select="$semantics"/>restrictedAccess</xsl:when>
          <xsl:when test="$word = 'closedaccess'"><xsl:value-of select="$semantics"/>closedAccess</xsl:when>
          <xsl:otherwise><xsl:value-of select="."/></xsl:otherwise>
        </xsl:choose>
      </xsl:with-param>
    </xsl:call-template>
  </xsl:template>
</xsl:stylesheet>
